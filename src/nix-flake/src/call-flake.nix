# Makes the value of a flake from its lock file. `trees` holds, by node of the lock file, the trees
# that are at hand: those that were read to compute it. `fetch` fetches what a node locks; `makeFlake`
# makes a flake that has no inputs.
lockText: trees: fetch: makeFlake:

let
  lock = builtins.fromJSON lockText;

  # An edge of the graph names a node, or is a path from the root to follow.
  nodeOf = edge: if builtins.isList edge then walk lock.root edge else edge;
  walk = builtins.foldl' (name: step: nodeOf lock.nodes.${name}.inputs.${step});

  flakes = builtins.mapAttrs (
    name: node:
    let
      known = trees ? ${name};
      inParent =
        !known
        && node.locked.type or null == "path"
        && builtins.substring 0 1 node.locked.path != "/";
      parent = flakes.${walk lock.root node.parent};

      sourceInfo =
        if known then
          trees.${name}.sourceInfo
        else if inParent then
          parent.sourceInfo
        else
          fetch (node.info or { } // removeAttrs node.locked [ "dir" ]);

      below = base: path: if path == "" then base else base + "/" + path;
      outPath =
        if inParent then
          below parent.outPath node.locked.path
        else
          below sourceInfo.outPath (trees.${name}.dir or node.locked.dir or "");

      flake = import (outPath + "/flake.nix");
      inputs = builtins.mapAttrs (_: edge: flakes.${nodeOf edge}.value) (node.inputs or { });
      outputs = flake.outputs (inputs // { self = whole; });
      whole =
        outputs
        // sourceInfo
        // {
          inherit
            outPath
            inputs
            outputs
            sourceInfo
            ;
          _type = "flake";
        };
    in
    {
      inherit outPath sourceInfo;
      value =
        if !(node.flake or true) then
          sourceInfo // { inherit sourceInfo outPath; }
        else if name != lock.root && (node.inputs or { }) == { } then
          makeFlake { inherit sourceInfo outPath; }
        else
          assert builtins.isFunction flake.outputs;
          whole;
    }
  ) lock.nodes;
in
flakes.${lock.root}.value
