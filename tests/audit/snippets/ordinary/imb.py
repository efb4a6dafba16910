"""类别不平衡：信用卡欺诈检测"""
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, classification_report, precision_recall_curve, roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imb_pipeline

df = pd.read_csv("creditcard.csv")
X, y = df.drop(columns=["Class", "Time"]), df["Class"]
print("欺诈比例:", y.mean())
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=42)
X_fit, X_val, y_fit, y_val = train_test_split(X_train, y_train, test_size=0.2, stratify=y_train, random_state=42)

weighted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
# SMOTE 放在 imblearn 的流水线里,只对每一折的训练部分过采样
smote = make_imb_pipeline(StandardScaler(), SMOTE(random_state=42), LogisticRegression(max_iter=1000))
forest = RandomForestClassifier(n_estimators=200, class_weight="balanced_subsample", random_state=42, n_jobs=-1)
for name, model in [("weighted", weighted), ("smote", smote), ("forest", forest)]:
    scores = cross_val_score(model, X_fit, y_fit, cv=5, scoring="average_precision")
    print(name, scores.mean())

forest.fit(X_fit, y_fit)
# 阈值在验证集上选
precision, recall, thresholds = precision_recall_curve(y_val, forest.predict_proba(X_val)[:, 1])
f1 = 2 * precision * recall / (precision + recall + 1e-12)
best = thresholds[f1[:-1].argmax()]
proba = forest.predict_proba(X_test)[:, 1]
print("AP:", average_precision_score(y_test, proba))
print("ROC AUC:", roc_auc_score(y_test, proba))
print(classification_report(y_test, (proba >= best).astype(int), digits=4))
