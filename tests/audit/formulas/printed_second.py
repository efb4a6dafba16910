# ruff: noqa: E501
r"""Twenty more, ten right and ten wrong, written after the judge was tuned on the first forty and measured once before any change."""

RIGHT = [
    ("mean-squared-error", r"""## Evaluating a regressor
Root mean squared error puts the error back into the unit of the target:
$$\text{RMSE} = \sqrt{\frac{1}{n} \sum_{i=1}^{n} (y_i - \hat{y}_i)^2}$$"""),
    ("momentum", r"""### Nesterov 加速梯度
Nesterov 动量先看一步再求梯度：
$$v_t = \gamma v_{t-1} + \eta \nabla J(\theta - \gamma v_{t-1})$$
$$\theta = \theta - v_t$$"""),
    ("next-token-loss", r"""GPT is pre-trained as a language model, maximising the likelihood
$$L_1(\mathcal{U}) = \sum_i \log P(u_i \mid u_{i-k}, \dots, u_{i-1}; \Theta)$$"""),
    ("softmax", r"""多分类时输出层使用 Softmax：$p_k = \frac{e^{o_k}}{\sum_{j=1}^{C} e^{o_j}}$，其中 $C$ 是类别数。"""),
    ("adam", r"""Adam 算法的参数更新为
$$w_t = w_{t-1} - \alpha \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}$$
其中 $\hat m_t = m_t/(1-\beta_1^t)$，$\hat v_t = v_t/(1-\beta_2^t)$。"""),
    ("batch-norm", r"""**Batch normalisation**
$$\mu_B = \frac{1}{m}\sum_{i=1}^m x_i, \quad \sigma_B^2 = \frac{1}{m}\sum_{i=1}^m (x_i-\mu_B)^2$$
$$\hat{x}_i = \frac{x_i - \mu_B}{\sqrt{\sigma_B^2+\epsilon}}, \quad y_i = \gamma \hat{x}_i + \beta$$"""),
    ("accuracy", r"""准确率的计算公式为：
$$Accuracy = \frac{TP+TN}{TP+TN+FP+FN}$$"""),
    ("l2-penalty", r"""With L2 regularisation the loss becomes
$$L_{total} = L + \frac{\lambda}{2} \|w\|_2^2$$"""),
    ("gru-cell", r"""GRU 的更新：
$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h}_t$$"""),
    ("convolution-output-size", r"""The output size of a convolution layer is $O = \frac{W - K + 2P}{S} + 1$."""),
]  # fmt: skip

WRONG = [
    ("softmax", r"""Softmax 把分数变成概率：
$$p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{-z_j}}$$"""),
    ("cross-entropy", r"""The cross-entropy loss is
$$L = -\sum_{k=1}^{K} \hat{y}_k \log y_k$$
where $y$ is the true distribution and $\hat{y}$ the prediction."""),
    ("adam", r"""### Adam
$$
\begin{aligned}
m_t &= \beta_1 m_{t-1} + (1-\beta_1) g_t^2 \\
v_t &= \beta_2 v_{t-1} + (1-\beta_2) g_t^2 \\
\theta_t &= \theta_{t-1} - \alpha \frac{m_t}{\sqrt{v_t} + \epsilon}
\end{aligned}
$$"""),
    ("layer-norm", r"""层归一化（Layer Normalization）：
$$y = \gamma \cdot \frac{x - \mu}{\sigma^2 + \epsilon} + \beta$$"""),
    ("batch-norm", r"""Batch normalization:
$$\hat{x}_i = \frac{x_i + \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}$$"""),
    ("sigmoid-derivative", r"""Sigmoid 的导数为
$$\sigma'(x) = \sigma(x)(1 + \sigma(x))$$"""),
    ("logistic-regression", r"""Logistic regression models
$$P(y=1|x) = \frac{1}{1 + e^{w^T x + b}}$$"""),
    ("sinusoidal-positions", r"""位置编码：
$$PE_{(pos, 2i)} = \sin\left(pos \cdot 10000^{2i/d_{model}}\right)$$"""),
    ("lstm-gates", r"""LSTM 的遗忘门：
$$f_t = \tanh(W_f \cdot [h_{t-1}, x_t] + b_f)$$"""),
    ("exponential-decay", r"""Exponential decay of the learning rate: $\eta_t = \eta_0 \cdot \gamma \cdot t$ with $0 < \gamma < 1$."""),
]  # fmt: skip
