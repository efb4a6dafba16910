import pandas as pd

rows = []
table = pd.DataFrame({"a": [1, 2]})
for i in range(3):
    rows.append({"a": i})
table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
names = table.columns.tolist()
names.append("b")
parts = list(table.groupby("a"))
parts.append(("last", table))
for name, part in table.items():
    print(name, part.sum(), table.loc[0, "a"], table.iloc[0, 0])
