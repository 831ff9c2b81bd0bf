# make help lists the targets.
.DEFAULT_GOAL := help
