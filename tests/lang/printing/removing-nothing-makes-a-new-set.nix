let
  recursive = {
    self = recursive;
    other = 1;
  };
in
[
  (removeAttrs recursive [ "absent" ])
  (builtins.intersectAttrs recursive recursive)
  (recursive // { })
]
