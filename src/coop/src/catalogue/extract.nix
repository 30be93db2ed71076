# What a catalogue is made from: the options of a NixOS host with coop's modules.
{ nixpkgs, modules }:
let
  inherit (nixpkgs) lib;
  host = import (nixpkgs + "/nixos/lib/eval-config.nix") {
    system = null;
    modules = [
      modules
      {
        nixpkgs.hostPlatform = "x86_64-linux";
        # Some options ask for it before they take a value.
        coop.host = {
          name = "host";
          stateVersion = lib.trivial.release;
        };
      }
    ];
  };
in
{
  inherit (host) options;
  inherit (lib.trivial) release;
  inherit (nixpkgs) narHash;
  revision = nixpkgs.rev or "";

  # Whether a submodule refuses a name that it does not declare: this fails then.
  open = type: builtins.seq (type.merge [ "x" ] [
    {
      file = "x";
      value.coopKnowsNoSuchOption = 1;
    }
  ]) true;

  # A value for an option, judged by the option itself and looked at where `inside` leads: names of
  # sets, numbers of lists. There as much is looked at as the value has.
  set =
    path: inside: value:
    let
      option = lib.getAttrFromPath path host.options;
      merged = lib.mergeDefinitions path option.type [
        {
          file = "coop.toml";
          inherit value;
        }
      ];
      # In a list the option may have put more than the value's own.
      step =
        values: step:
        if builtins.isInt step then builtins.concatLists values else map (value: value.${step}) values;
      at = value: builtins.foldl' step [ value ] inside;
      look =
        value: found:
        if builtins.isAttrs value && builtins.isAttrs found then
          builtins.all (name: look value.${name} (found.${name} or null)) (builtins.attrNames value)
        else if builtins.isList value && builtins.isList found then
          builtins.all (found: builtins.seq found true) found
          && (value == [ ] || found == [ ] || look (builtins.head value) (builtins.head found))
        else
          builtins.seq found true;
    in
    builtins.all (look (builtins.head (at value))) (at merged.mergedValue);
}
