{# `host`: the module's file, `imports`: its own parts, `coop`: its options. #}
# What the host {{ name | comment }} is. Written by coop from coop.toml: change it there, and run `coop generate`.
{
  imports = [
    ../../modules
{%- for import in imports %}
    {{ import | nix }}
{%- endfor %}
  ];

  nixpkgs.hostPlatform = {{ system | nix }};

  coop = {{ coop | nix(indent=2) }};
}
