let f = x: 10; or = 3; in [ f or ]
