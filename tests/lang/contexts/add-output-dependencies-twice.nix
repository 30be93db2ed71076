let d = derivation { name = "d"; builder = "/b"; system = "s"; }; in builtins.addDrvOutputDependencies d.drvPath == d.drvPath
