import gymnasium as gym
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(0)
env = gym.make("CartPole-v1")
policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2), nn.Softmax(dim=-1))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)

for episode in range(300):
    state, _ = env.reset(seed=episode)
    log_probs, rewards, done = [], [], False
    while not done:
        choice = Categorical(probs=policy(torch.as_tensor(state)))
        action = choice.sample()
        log_probs.append(choice.log_prob(action))
        state, reward, terminated, truncated, _ = env.step(action.item())
        rewards.append(reward)
        done = terminated or truncated
    gain, returns = 0.0, []
    for reward in reversed(rewards):
        gain = reward + 0.99 * gain
        returns.insert(0, gain)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    loss = -(torch.stack(log_probs) * returns).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
