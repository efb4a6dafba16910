# Every target is a command of make.py, which needs nothing but Python: `python3 make.py start` does the same.
# Further words go through: make start ARGS="--port 9000", make test ARGS="tests/base", make start ARGS=--plan
PYTHON ?= python3

.PHONY: start test prove bench lint clean
start test prove bench lint clean:
	@$(PYTHON) make.py $@ $(ARGS)
