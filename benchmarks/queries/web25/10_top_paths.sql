SELECT path, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, path LIMIT 10
