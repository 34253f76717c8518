SELECT method, protocol, count(*) AS n, sum(bytes) AS total FROM web GROUP BY ALL ORDER BY n DESC, method, protocol
