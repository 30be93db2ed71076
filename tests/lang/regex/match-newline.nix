builtins.match ".*b.*" "a\nb\nc"
