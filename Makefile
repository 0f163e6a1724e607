# The two commands of the README. Everything else is in ./dev.
.PHONY: demo test

demo:
	./dev setup build
	./dev build
	bash tools/demo.sh

test:
	./dev setup test
	./dev test
