builtins.fromJSON ''{"b":1,"a":[true,false,null,1.5,-2,"s\u00e9\n",{}, []],"a b":1e3}''
