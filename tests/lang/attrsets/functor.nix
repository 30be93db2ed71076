let f = { x = 10; __functor = self: y: self.x + y; }; in [ (f 1) ((f // { x = 20; }) 1) (map f [ 1 2 ]) ]
