[ (x: x) map (map (x: x)) (builtins.sub 1) ({ a }: a) ]
