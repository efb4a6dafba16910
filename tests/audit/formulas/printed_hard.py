# ruff: noqa: E501
r"""Right formulas that lie near others of the course or beyond it: nothing of them may be called wrong."""

RIGHT = [
    ("", r"""The policy gradient ascends: $\theta \leftarrow \theta + \alpha \nabla_\theta J(\theta)$, where $J$ is the return to maximise."""),
    ("", r"""Q-learning：$$Q(s,a) \leftarrow Q(s,a) + \alpha \left[r + \gamma \max_{a'} Q(s',a') - Q(s,a)\right]$$"""),
    ("", r"""The mean absolute error is $$\text{MAE} = \frac{1}{n} \sum_{i=1}^n |y_i - \hat{y}_i|$$, less touched by outliers than the mean squared error."""),
    ("", r"""KL 散度：$$D_{KL}(P \| Q) = \sum_x P(x) \log \frac{P(x)}{Q(x)}$$，与交叉熵相差一个熵。"""),
    ("", r"""The entropy is $H(p) = -\sum_x p(x) \log p(x)$; with cross-entropy it gives the KL divergence."""),
    ("", r"""Hinge loss: $$L = \max(0, 1 - y \hat{y})$$. Unlike ReLU it looks at the margin."""),
    ("", r"""Huber 损失介于均方误差与绝对误差之间：
$$L_\delta = \begin{cases} \frac{1}{2}(y-\hat{y})^2 & |y-\hat{y}| \le \delta \\ \delta |y-\hat{y}| - \frac{1}{2}\delta^2 & \text{otherwise} \end{cases}$$"""),
    ("", r"""GAN 的目标：$$\min_G \max_D V(D,G) = \mathbb{E}_{x \sim p_{data}}[\log D(x)] + \mathbb{E}_{z \sim p_z}[\log(1 - D(G(z)))]$$"""),
    ("", r"""With weight decay the SGD update is $w_{t+1} = w_t - \eta (g_t + \lambda w_t)$."""),
    ("", r"""Expanding Adam's moment gives $$m_t = (1-\beta_1)\sum_{i=1}^{t} \beta_1^{t-i} g_i$$"""),
    ("", r"""ELU 激活函数与 ReLU 类似：$$f(x) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}$$"""),
    ("", r"""Softplus is a smooth ReLU: $f(x) = \log(1 + e^x)$."""),
    ("", r"""加性注意力（Bahdanau attention）：$$e_{ij} = v^T \tanh(W s_{i-1} + U h_j)$$"""),
    ("", r"""Attention weights: $$\alpha_{ij} = \frac{\exp(e_{ij})}{\sum_{k} \exp(e_{ik})}$$, and the context $$c_i = \sum_j \alpha_{ij} h_j$$"""),
    ("", r"""F-beta 分数：$$F_\beta = (1+\beta^2) \frac{P \cdot R}{\beta^2 P + R}$$；$\beta=1$ 时即 F1。"""),
    ("", r"""The specificity, beside precision and recall, is $\frac{TN}{TN + FP}$."""),
    ("", r"""余弦退火：$$\eta_t = \eta_{min} + \frac{1}{2}(\eta_{max} - \eta_{min})(1 + \cos(\frac{T_{cur}}{T_{max}}\pi))$$"""),
    ("", r"""The gradient of the cross-entropy with softmax is $\frac{\partial L}{\partial z_i} = \hat{y}_i - y_i$."""),
    ("", r"""Inverse time decay, another learning-rate decay: $$\eta_t = \frac{\eta_0}{1 + k t}$$"""),
    ("", r"""线性回归的梯度下降：$$w := w - \alpha \frac{1}{m} \sum_{i=1}^m (\hat{y}^{(i)} - y^{(i)}) x^{(i)}$$"""),
    ("", r"""AdaDelta 与 RMSProp 相似：$$\Delta\theta_t = -\frac{\sqrt{E[\Delta\theta^2]_{t-1} + \epsilon}}{\sqrt{E[g^2]_t + \epsilon}} g_t$$"""),
    ("", r"""Multi-head attention uses 8 heads with $d_k = d_v = d_{model}/h = 64$."""),
    ("", r"""The convolution of two functions is $(f * g)(t) = \int f(\tau) g(t - \tau) d\tau$; for pictures $S(i,j) = \sum_m \sum_n I(i-m, j-n) K(m,n)$."""),
    ("", r"""最大似然等价于最小化负对数似然：$$\theta^* = \arg\max_\theta \sum_{i=1}^N \log p(x_i; \theta)$$"""),
]  # fmt: skip
