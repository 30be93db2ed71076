builtins.match ".*-.*" builtins.currentSystem
