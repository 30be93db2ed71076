builtins.tryEval <no-such-thing>
