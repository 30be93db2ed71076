let d = derivation { name = "d"; builder = "/b"; system = "s"; }; p = builtins.unsafeDiscardOutputDependency d.drvPath; in builtins.getContext (builtins.addDrvOutputDependencies p)
