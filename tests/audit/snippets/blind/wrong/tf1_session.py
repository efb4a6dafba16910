import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)
train_X = rng.uniform(0, 10, 50).astype("float32")
train_Y = 2 * train_X + 1 + rng.normal(0, 0.5, 50).astype("float32")

X = tf.placeholder(tf.float32)
Y = tf.placeholder(tf.float32)
W = tf.Variable(0.0, name="weight")
b = tf.Variable(0.0, name="bias")

pred = tf.add(tf.multiply(X, W), b)
cost = tf.reduce_mean(tf.square(pred - Y))
optimizer = tf.train.GradientDescentOptimizer(0.01).minimize(cost)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(200):
        for x, y in zip(train_X, train_Y):
            sess.run(optimizer, feed_dict={X: x, Y: y})
    print(sess.run(W), sess.run(b))
