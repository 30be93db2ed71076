# What coop.toml says under hosts.web1.nixos. Change it there, and run `coop generate`.
{
  services.fail2ban.enable = true;
}
