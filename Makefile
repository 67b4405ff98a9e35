# Aliases for those whose fingers type make; everything is in ./run.
.PHONY: up demo test lint bench
up demo test lint bench:
	@./run $@
