let d = name: derivation { inherit name; builder = "b"; system = "c"; }; in assert d "x" == d "y"; 1
