SELECT status, count(*) AS requests FROM web GROUP BY status ORDER BY requests DESC
