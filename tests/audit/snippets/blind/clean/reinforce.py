import gymnasium as gym
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(543)
env = gym.make("CartPole-v1")
policy = nn.Sequential(nn.Linear(4, 128), nn.Dropout(0.6), nn.ReLU(), nn.Linear(128, 2), nn.Softmax(dim=-1))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)

for episode in range(500):
    state, _ = env.reset(seed=episode)
    logs, rewards, done = [], [], False
    while not done:
        m = Categorical(policy(torch.from_numpy(state).float()))
        action = m.sample()
        logs.append(m.log_prob(action))
        state, reward, terminated, truncated, _ = env.step(action.item())
        rewards.append(reward)
        done = terminated or truncated
    R, returns = 0.0, []
    for r in reversed(rewards):
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    loss = -(torch.stack(logs) * (returns - returns.mean())).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
