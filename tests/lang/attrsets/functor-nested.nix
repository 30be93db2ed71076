{ __functor = self: { __functor = self: x: x * 2; }; } 21
