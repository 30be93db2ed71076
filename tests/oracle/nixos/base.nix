# What every system below has: a boot loader, a disk, an administrator.
{
  boot.loader.grub.device = "/dev/sda";
  fileSystems."/" = {
    device = "/dev/disk/by-label/root";
    fsType = "ext4";
  };
  networking.hostName = "host";
  networking.domain = "example.org";
  services.openssh.enable = true;
  users.users.admin = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJc0Y0aR0GmYtS2bG9TS9gGn9a4y5wq1o0C0xkCzK6aR admin"
    ];
  };
  security.acme = {
    acceptTerms = true;
    defaults.email = "admin@example.org";
  };
  system.stateVersion = "25.11";
}
