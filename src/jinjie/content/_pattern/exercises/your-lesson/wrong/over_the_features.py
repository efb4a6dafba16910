def column_means(X):
    return X.mean(axis=1)
