{ x, y, z ? 3 }: [ x y z ]
