# ruff: noqa: E501
r"""Longer right passages, several formulas each, as tutorials print them: nothing of them may be called wrong."""

RIGHT = [
    ("lstm", r"""### LSTM 的完整公式
$$
\begin{aligned}
f_t &= \sigma(W_f \cdot [h_{t-1}, x_t] + b_f) \\
i_t &= \sigma(W_i \cdot [h_{t-1}, x_t] + b_i) \\
\tilde{C}_t &= \tanh(W_C \cdot [h_{t-1}, x_t] + b_C) \\
C_t &= f_t * C_{t-1} + i_t * \tilde{C}_t \\
o_t &= \sigma(W_o \cdot [h_{t-1}, x_t] + b_o) \\
h_t &= o_t * \tanh(C_t)
\end{aligned}
$$"""),
    ("adam", r"""## Adam
First the mean of the gradients:
$$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$$
Then that of their squares:
$$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$$
Both start at zero, so they are corrected:
$$\hat{m}_t = \frac{m_t}{1-\beta_1^t}$$
$$\hat{v}_t = \frac{v_t}{1-\beta_2^t}$$
and the step is
$$\theta_{t} = \theta_{t-1} - \alpha \cdot \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}$$"""),
    ("transformer", r"""### Transformer 编码器层
$$\text{Attention}(Q,K,V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V$$
每个子层都有残差连接与层归一化：
$$x' = \text{LayerNorm}(x + \text{MultiHead}(x))$$
$$y = \text{LayerNorm}(x' + \text{FFN}(x'))$$
$$\text{FFN}(x) = \max(0, xW_1 + b_1)W_2 + b_2$$"""),
    ("logistic", r"""## 逻辑回归
$$\hat{y} = \sigma(w^T x + b), \quad \sigma(z) = \frac{1}{1+e^{-z}}$$
似然函数取对数后得到
$$\ell(w) = \sum_{i=1}^{m} \left[ y_i \log \hat{y}_i + (1-y_i) \log(1-\hat{y}_i) \right]$$
最大化它等价于最小化
$$J(w) = -\frac{1}{m} \sum_{i=1}^{m} \left[ y_i \log \hat{y}_i + (1-y_i) \log(1-\hat{y}_i) \right]$$
梯度为
$$\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^{m} (\hat{y}_i - y_i) x_{ij}$$"""),
    ("backprop", r"""## Backpropagation
For one layer with $z = Wx + b$ and $a = \sigma(z)$ the chain rule gives
$$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial a} \cdot \frac{\partial a}{\partial z} \cdot \frac{\partial z}{\partial W}$$
The error of the last layer is
$$\delta^L = \nabla_a L \odot \sigma'(z^L)$$
and it is carried back by
$$\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)$$
$$\frac{\partial L}{\partial b^l} = \delta^l, \qquad \frac{\partial L}{\partial W^l} = \delta^l (a^{l-1})^T$$"""),
    ("descents", r"""## 三种梯度下降
批量梯度下降使用全部数据：
$$\theta = \theta - \eta \cdot \frac{1}{N} \sum_{i=1}^{N} \nabla J_i(\theta)$$
随机梯度下降每步只用一个样本：
$$\theta = \theta - \eta \nabla J_i(\theta)$$
小批量梯度下降用一小部分数据：
$$\theta = \theta - \eta \cdot \frac{1}{B} \sum_{i=1}^{B} \nabla J_i(\theta)$$"""),
    ("ddp", r"""## Data-parallel training
Each of $K$ workers computes a gradient $g_k$ on its shard. They are averaged,
$$\bar{g} = \frac{1}{K} \sum_{k=1}^{K} g_k$$
and every worker takes the same step
$$\theta_{t+1} = \theta_t - \eta \bar{g}$$"""),
    ("warmup", r"""学习率先预热再衰减，Transformer 原文采用
$$lr = d_{model}^{-0.5} \cdot \min(step^{-0.5}, step \cdot warmup^{-1.5})$$"""),
    ("gpt", r"""### GPT
GPT 是自回归语言模型，用因果掩码的自注意力：
$$\text{Attention}(Q,K,V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}} + M\right)V$$
预训练的目标是预测下一个词：
$$L = -\sum_{t=1}^{T} \log P(x_t \mid x_1, \dots, x_{t-1})$$"""),
    ("metrics", r"""## Metrics
$$\text{Precision} = \frac{TP}{TP + FP}$$
$$\text{Recall} = \frac{TP}{TP + FN}$$
$$F_1 = \frac{2 \cdot \text{Precision} \cdot \text{Recall}}{\text{Precision} + \text{Recall}}$$
$$\text{Specificity} = \frac{TN}{TN + FP}$$"""),
    ("mlp", r"""### 多层感知机
隐藏层为 $h = \sigma(W_1 x + b_1)$，输出层为 $o = W_2 h + b_2$，再经 softmax 得 $\hat{y} = \text{softmax}(o)$。"""),
    ("dropout", r"""Inverted dropout scales what is kept: $$y = \frac{m \odot x}{1 - p}$$ where $m$ is drawn from a Bernoulli distribution."""),
    ("momentum", r"""带动量的 SGD：
$$v = \gamma v + \eta \nabla_\theta J(\theta)$$
$$\theta = \theta - v$$
$\gamma$ 通常取 0.9，$v$ 表示速度。"""),
    ("bn", r"""Batch norm keeps running statistics for evaluation:
$$\mu_{run} = (1 - \alpha) \mu_{run} + \alpha \mu_B$$
With PyTorch's default $\alpha = 0.1$."""),
    ("conv", r"""卷积层的输出（互相关）：
$$Y_{i,j} = \sum_{a=0}^{h-1} \sum_{b=0}^{w-1} X_{i+a, j+b} K_{a,b}$$
输出尺寸为 $\lfloor (n - k + 2p)/s \rfloor + 1$。"""),
    ("kd", r"""知识蒸馏用温度软化的 softmax：
$$p_i = \frac{\exp(z_i/T)}{\sum_j \exp(z_j/T)}$$"""),
    ("init", r"""He initialisation draws from $N(0, \sigma^2)$ with $\sigma = \sqrt{\frac{2}{n_{in}}}$; Xavier uses $\sigma^2 = \frac{2}{n_{in} + n_{out}}$."""),
    ("rnn", r"""RNN 的隐状态与输出：
$$h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t + b_h)$$
$$y_t = W_{hy} h_t + b_y$$"""),
    ("mse", r"""The gradient of the mean squared error $L = \frac{1}{n}\sum_i (\hat{y}_i - y_i)^2$ is $\frac{\partial L}{\partial \hat{y}_i} = \frac{2}{n}(\hat{y}_i - y_i)$."""),
    ("derivatives", r"""各激活函数的导数：$\sigma'(x) = \sigma(x)(1 - \sigma(x))$，$\tanh'(x) = 1 - \tanh^2(x)$。"""),
]  # fmt: skip
