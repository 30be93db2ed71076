let d = derivation { name = "d"; builder = "/b"; system = "s"; }; in builtins.getContext (builtins.unsafeDiscardOutputDependency d.drvPath)
