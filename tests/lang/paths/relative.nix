map (p: builtins.typeOf p) [ ./. ../. ./a/b a/b ]
