map builtins.typeOf [ 1 1.0 true null "s" ./a [ ] { } (x: x) map ]
