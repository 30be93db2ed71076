{ x, ... }@args: args
