[ (builtins.getEnv "TEST_VAR") (builtins.getEnv "SURELY_UNSET_VARIABLE") ]
