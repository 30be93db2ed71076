# What coop.toml says under hosts.{{ name | comment }}.nixos. Change it there, and run `coop generate`.
{{ options | nix }}
