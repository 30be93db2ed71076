builtins.split "a|ab" "ab"
