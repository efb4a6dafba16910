"""What runs inside the sandbox: the standard library, NumPy once it is there, and nothing else of Jinjie."""
