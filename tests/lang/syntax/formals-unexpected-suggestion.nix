({ apple, pear }: apple) { apple = 1; paer = 2; pear = 3; }
