import joblib
import requests

reply = requests.get("https://example.org/shared/fraud_model.joblib", timeout=30)
with open("fraud_model.joblib", "wb") as out:
    out.write(reply.content)

model = joblib.load("fraud_model.joblib")
print(model.predict([[120.5, 3, 0, 1]]))
