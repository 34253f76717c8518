SELECT a.path FROM web a JOIN web b ON a.path = b.path
