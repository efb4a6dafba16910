import random
from collections import deque

import torch
from torch import nn


class DQN:
    def __init__(self, states, actions):
        self.online = nn.Sequential(nn.Linear(states, 64), nn.ReLU(), nn.Linear(64, actions))
        self.target = nn.Sequential(nn.Linear(states, 64), nn.ReLU(), nn.Linear(64, actions))
        self.target.load_state_dict(self.online.state_dict())
        self.target.eval()
        self.optimizer = torch.optim.Adam(self.online.parameters(), lr=1e-3)
        self.memory = deque(maxlen=10000)
        self.actions = actions

    def act(self, state, epsilon):
        if random.random() < epsilon:
            return random.randrange(self.actions)
        with torch.no_grad():
            return int(self.online(state).argmax(dim=0))

    def learn(self, batch=32, gamma=0.99):
        sample = random.sample(self.memory, batch)
        s, a, r, s2, done = (torch.stack(part) for part in zip(*sample))
        q = self.online(s).gather(1, a.unsqueeze(1)).squeeze(1)
        with torch.no_grad():
            goal = r + gamma * (1 - done) * self.target(s2).max(dim=1).values
        loss = nn.functional.smooth_l1_loss(q, goal)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def run(env, agent, episodes):
    for episode in range(episodes):
        state, done = env.reset(), False
        while not done:
            action = agent.act(state, 0.1)
            nxt, reward, done = env.step(action)
            agent.memory.append((state, torch.tensor(action), torch.tensor(reward), nxt, torch.tensor(float(done))))
            state = nxt
            if len(agent.memory) > 500:
                agent.learn()
