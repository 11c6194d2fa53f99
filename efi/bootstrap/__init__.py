"""The bootstrap server: hands out the images of sites, and media with them. Nobody trusts it, so it holds no key."""
