[ builtins.langVersion builtins.storeDir builtins.nixVersion builtins.true builtins.false builtins.null (builtins ? builtins) (builtins.builtins ? map) ]
