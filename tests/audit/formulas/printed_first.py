# ruff: noqa: E501
r"""Forty formulas as tutorials print them, twenty right and twenty with one error each; ours, in both languages.

Each is (what it is of, whether it is right, the passage). Written before the judge was tuned on anything but the registry.
"""

RIGHT = [
    ("softmax", r"""## Softmax
The softmax function turns a vector of scores into probabilities:
$$\text{softmax}(x_i) = \frac{\exp(x_i)}{\sum_{j} \exp(x_j)}$$"""),
    ("sigmoid", r"""### Sigmoid 激活函数
Sigmoid 把任意实数压缩到 0 与 1 之间：
$$\sigma(x) = \frac{1}{1+e^{-x}}$$"""),
    ("tanh", r"""The hyperbolic tangent is $\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$, which is centred at zero."""),
    ("relu", r"""线性整流函数（ReLU）在输入为负时输出 0：
$$\mathrm{ReLU}(x) = \begin{cases} x, & x > 0 \\ 0, & x \le 0 \end{cases}$$"""),
    ("mean-squared-error", r"""回归任务常用均方误差（MSE）作为损失：
$$\text{MSE} = \frac{1}{n}\sum_{i=1}^n (y_i - \hat{y}_i)^2$$
其中 $n$ 为样本数。"""),
    ("mean-squared-error", r"""For linear regression we minimise the squared error cost
$$J(\theta) = \frac{1}{2m} \sum_{i=1}^{m} \left(h_\theta(x^{(i)}) - y^{(i)}\right)^2$$"""),
    ("binary-cross-entropy", r"""### 二元交叉熵
$$
L = -\frac{1}{N}\sum_{i=1}^{N}\left[y_i\log(\hat{y}_i) + (1-y_i)\log(1-\hat{y}_i)\right]
$$"""),
    ("soft-cross-entropy", r"""The cross-entropy of one example with one-hot target $y$ is
$$\mathcal{L} = -\sum_{k=1}^{K} y_k \log \hat{y}_k$$"""),
    ("sgd", r"""Gradient descent moves against the gradient: $w \leftarrow w - \eta \frac{\partial L}{\partial w}$ with learning rate $\eta$."""),
    ("momentum", r"""### 动量法（Momentum）
$$
\begin{aligned}
v_t &= \beta v_{t-1} + (1-\beta) \nabla J(\theta_{t}) \\
\theta_{t+1} &= \theta_t - \alpha v_t
\end{aligned}
$$"""),
    ("adam", r"""## The Adam optimizer
$$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$$
$$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$$
$$\hat{m}_t = \frac{m_t}{1-\beta_1^t}, \quad \hat{v}_t = \frac{v_t}{1-\beta_2^t}$$
$$\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{\hat{v}_t}+\epsilon}\hat{m}_t$$"""),
    ("adagrad", r"""### AdaGrad
AdaGrad 累积历史梯度的平方：
$$\begin{aligned} G_t &= G_{t-1} + g_t \odot g_t \\ \theta_{t+1} &= \theta_t - \frac{\eta}{\sqrt{G_t + \epsilon}} \odot g_t \end{aligned}$$"""),
    ("rmsprop", r"""RMSprop keeps a running average of squared gradients:
$$E[g^2]_t = 0.9 E[g^2]_{t-1} + 0.1 g_t^2$$
$$\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{E[g^2]_t + \epsilon}} g_t$$"""),
    ("scaled-dot-product-attention", r"""缩放点积注意力：
$$
\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\left(\frac{Q K^{\top}}{\sqrt{d_k}}\right) V
$$"""),
    ("layer-norm", r"""Layer normalization normalises over the features:
$$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma \hat{x}_i + \beta$$"""),
    ("f1", r"""F1 分数是精确率与召回率的调和平均：
$$F_1 = 2 \cdot \frac{\text{Precision} \cdot \text{Recall}}{\text{Precision} + \text{Recall}}$$"""),
    ("precision", r"""**Precision** is the share of predicted positives that are right: $\text{Precision} = \frac{TP}{TP+FP}$."""),
    ("perplexity", r"""困惑度（Perplexity）定义为
$$PPL = \exp\left(-\frac{1}{T}\sum_{t=1}^{T}\log p(x_t \mid x_{<t})\right)$$"""),
    ("lstm-cell", r"""### LSTM
$$\begin{aligned}
C_t &= f_t \odot C_{t-1} + i_t \odot \tilde{C}_t \\
h_t &= o_t \odot \tanh(C_t)
\end{aligned}$$"""),
    ("sinusoidal-positions", r"""Positional encoding uses sines and cosines:
$$PE_{(pos, 2i)} = \sin\left(\frac{pos}{10000^{2i/d_{\text{model}}}}\right)$$"""),
]  # fmt: skip

WRONG = [
    ("softmax", r"""### Softmax 函数
$$\mathrm{softmax}(z_i) = \frac{e^{z_i}}{\sum_{j=1}^{K} z_j}$$"""),
    ("sigmoid", r"""The sigmoid function is defined as
$$\sigma(z) = \frac{1}{1 + e^{z}}$$"""),
    ("tanh", r"""双曲正切 tanh 的表达式为
$$\tanh(x) = \frac{e^x + e^{-x}}{e^x - e^{-x}}$$"""),
    ("relu", r"""The ReLU activation returns
$$f(x) = \min(0, x)$$"""),
    ("mean-squared-error", r"""均方误差：
$$L = \frac{1}{n} \sum_{i=1}^n (y_i + \hat{y}_i)^2$$"""),
    ("binary-cross-entropy", r"""Binary cross-entropy is
$$L = -\frac{1}{N}\sum_{i=1}^{N}\left[y_i\log p_i + (1-y_i)\log p_i\right]$$"""),
    ("soft-cross-entropy", r"""交叉熵损失：
$$L = \frac{1}{N}\sum_{i=1}^{N}\sum_{k=1}^{K} y_{ik} \log \hat{y}_{ik}$$"""),
    ("sgd", r"""梯度下降的更新公式是
$$\theta_{t+1} = \theta_t + \alpha \nabla J(\theta_t)$$
其中 $\alpha$ 为学习率。"""),
    ("momentum", r"""### SGD with Momentum
$$\begin{aligned} v_t &= \beta v_{t-1} + g_t \\ \theta_{t+1} &= \theta_t + \eta v_t \end{aligned}$$"""),
    ("adam", r"""### Adam 优化器
$$
\begin{aligned}
m_t &= \beta_1 m_{t-1} + (1-\beta_1) g_t \\
v_t &= \beta_2 v_{t-1} + (1-\beta_2) g_t \\
\hat m_t &= m_t / (1-\beta_1^t), \quad \hat v_t = v_t / (1-\beta_2^t) \\
\theta_{t+1} &= \theta_t - \eta \, \hat m_t / (\sqrt{\hat v_t} + \epsilon)
\end{aligned}
$$"""),
    ("adam", r"""The Adam update:
$$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$$
$$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$$
$$\hat{m}_t = \frac{m_t}{1-\beta_1^t}, \quad \hat{v}_t = \frac{v_t}{1-\beta_2^t}$$
$$\theta_{t+1} = \theta_t - \eta \frac{\hat{m}_t}{\hat{v}_t + \epsilon}$$"""),
    ("rmsprop", r"""RMSProp：
$$\begin{aligned} s_t &= \rho s_{t-1} + (1-\rho) g_t^2 \\ \theta_{t+1} &= \theta_t - \eta \, g_t \sqrt{s_t + \epsilon} \end{aligned}$$"""),
    ("adagrad", r"""AdaGrad divides by the gradient's size:
$$w_{t+1} = w_t - \frac{\eta}{\sqrt{g_t^2 + \epsilon}} g_t$$"""),
    ("scaled-dot-product-attention", r"""The attention of the Transformer is
$$\text{Attention}(Q,K,V) = \text{softmax}\left(\frac{QK^T}{d_k}\right)V$$"""),
    ("scaled-dot-product-attention", r"""自注意力的计算：
$$\text{Attention}(Q,K,V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)Q$$"""),
    ("f1", r"""The F1 score combines the two:
$$F_1 = \frac{\text{Precision} + \text{Recall}}{2}$$"""),
    ("recall", r"""召回率（Recall）：
$$\text{Recall} = \frac{TP}{TP + FP}$$"""),
    ("perplexity", r"""Perplexity is computed as
$$\text{PPL} = \exp\left(\frac{1}{N}\sum_{i=1}^{N}\log p(w_i \mid w_{<i})\right)$$"""),
    ("lstm-cell", r"""### LSTM 单元
$$C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t$$
$$h_t = o_t \odot C_t$$"""),
    ("he", r"""He initialisation draws weights with standard deviation
$$\sigma = \frac{2}{n_{in}}$$
where $n_{in}$ is the number of inputs."""),
]  # fmt: skip
