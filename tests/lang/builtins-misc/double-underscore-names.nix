map builtins.isFunction [ __attrNames __add __sub __toJSON __filter __typeOf __getEnv __trace ]
