a: [ ./x/${a}/y /abs/../x ~/home <x/y> ./a ]
