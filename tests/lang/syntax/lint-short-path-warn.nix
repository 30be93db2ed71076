[ x/y ./x/y ]
