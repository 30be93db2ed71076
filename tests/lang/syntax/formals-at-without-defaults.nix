({ a ? 1 }@all: all) { }
