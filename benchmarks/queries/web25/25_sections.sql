SELECT split_part(path, '/', 2) AS section, count(*) AS n, sum(bytes) AS total FROM web GROUP BY ALL ORDER BY n DESC, section LIMIT 20
